"""How to ask a Terraform provider itself: its installed binary, over the plugin protocol (versions 5 and 6).

Needs the extra ``driftmgr[providers]``. Reads only: no call that changes anything is in the table of calls.
"""
