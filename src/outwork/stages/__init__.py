"""The seven stages. A later one may use an earlier one by its front door, never the reverse."""
