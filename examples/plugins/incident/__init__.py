"""A runtime for incident plugins: small remedies that are loaded, listed, run and taken back.

What the runtime is built on is Overt: a registry holds the actions, so each has an owner and a
line; what an action changes in the program is a governed patch, so each change has a reason, a
lifetime and a way back.
"""

from incident.actions import Action, Incident, action, actions
from incident.runtime import Runtime

__all__ = ["Action", "Incident", "Runtime", "action", "actions"]
