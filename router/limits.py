"""What a message is cut by. Values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one piece carries, as it was when the message was queued: its rest is cut the same,
    whatever the channel has learned since. As in `router.channel.Capabilities`.
    """

    max_text_chars: int
    max_caption_chars: int | None
    max_file_bytes: int
    max_files: int
