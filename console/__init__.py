"""The operators' web app: what they may ask, are told and may see."""
