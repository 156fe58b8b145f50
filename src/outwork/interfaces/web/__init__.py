"""The workspace: server-rendered pages that work without script.

Security is in the acts; pages translate. Every form posts to /act/NAME with the session's token.
"""

from outwork.interfaces.web.site import web

__all__ = ["web"]
