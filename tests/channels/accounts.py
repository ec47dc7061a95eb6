"""One test account for each channel: what an administrator would fill in.

`{provider}` stands for the address of the provider that the tests play.
"""

from collections.abc import Mapping
from typing import Any

SECRET = "made-up-secret-0001"

ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "rest": {"callback_url": "{provider}/callback", "secret": SECRET},
    "simulator": {"messages": [{"customer": "anna", "text": "Hello"}], "secret": SECRET},
    "telegram": {
        "by": "webhook",
        "token": "1234567890:AAE-made-up-token-of-the-tests-0001",
        "webhook_secret": SECRET,
        "api_url": "{provider}",
    },
    "vk": {
        "group_id": 77,
        "token": "made-up-token-of-the-community",
        "comments": True,
        "posts_key": "made-up-service-key-of-an-application",
        "secret": SECRET,
        "api_url": "{provider}",
    },
    "webchat": {"corner": "left", "identity_secret": SECRET},
}

# What a provider answers `check` with when the account works, where that has to be something.
WORKING: Mapping[str, str] = {
    "telegram": '{"ok": true, "result": {"id": 1234567890, "is_bot": true, "first_name": "Shop"}}',
    "vk": '{"response": {"groups": [{"id": 77, "name": "Made-up shop"}], "profiles": []}}',
}
