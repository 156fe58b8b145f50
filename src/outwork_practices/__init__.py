"""The services that come with Outwork, by sector; each is a value of `outwork.practices`."""
