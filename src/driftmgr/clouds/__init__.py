"""How to ask a cloud: sessions, calls, error kinds, limits. One package per cloud."""

from driftmgr.clouds.api import ApiError, CloudApi, SignInError

__all__ = ["ApiError", "CloudApi", "SignInError"]
