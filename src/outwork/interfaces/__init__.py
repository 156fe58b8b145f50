"""How people and programs reach the system: translation only. Interfaces do not know each other."""
