"""One test account for each channel: what an administrator would fill in.

`{provider}` stands for the address of the provider that the tests play.
"""

from collections.abc import Mapping
from typing import Any

SECRET = "made-up-secret-0001"

ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "rest": {"callback_url": "{provider}/callback", "secret": SECRET},
    "simulator": {"messages": [{"customer": "anna", "text": "Hello"}], "secret": SECRET},
    "webchat": {"corner": "left", "identity_secret": SECRET},
}
