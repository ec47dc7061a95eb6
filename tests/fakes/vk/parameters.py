"""What VK's methods may be given: those they need, and those they know besides."""

from collections.abc import Mapping

EVENTS = frozenset(
    [
        "message_new",
        "message_reply",
        "message_edit",
        "message_allow",
        "message_deny",
        "message_event",
        "message_typing_state",
        "message_read",
        "message_reaction_event",
        "wall_reply_new",
        "wall_reply_edit",
        "wall_reply_delete",
        "wall_reply_restore",
    ]
)
# Can be switched on and is not told: groups_long_poll_events of VK's schema.
UNTOLD = frozenset({"message_event"})
CONTENT = "message attachment keyboard dont_parse_links disable_mentions group_id"
PARAMETERS: Mapping[str, tuple[str, str]] = {
    "messages.send": ("random_id", f"{CONTENT} peer_id peer_ids forward payload reply_to"),
    "messages.edit": ("peer_id cmid", f"{CONTENT} keep_forward_messages keep_snippets"),
    "messages.delete": ("peer_id cmids", "delete_for_all group_id"),
    "messages.setActivity": ("peer_id type", "group_id"),
    "messages.markAsRead": ("peer_id", "group_id mark_conversation_as_read"),
    "messages.sendReaction": ("peer_id cmid reaction_id", ""),
    "messages.deleteReaction": ("peer_id cmid", ""),
    "messages.sendMessageEventAnswer": ("event_id user_id peer_id", "event_data"),
    "messages.getByConversationMessageId": ("peer_id conversation_message_ids", "group_id"),
    "messages.getConversations": ("", "offset count filter group_id"),
    "messages.getHistory": ("peer_id", "offset count rev group_id"),
    "users.get": ("user_ids", "fields"),
    "groups.getById": ("", "group_id group_ids fields"),
    "groups.getTokenPermissions": ("", ""),
    "groups.getMembers": ("group_id", "filter count"),
    "groups.getLongPollServer": ("group_id", ""),
    "groups.getLongPollSettings": ("group_id", ""),
    "groups.setLongPollSettings": ("group_id", f"enabled api_version {' '.join(EVENTS)}"),
    "groups.getCallbackConfirmationCode": ("group_id", ""),
    "groups.getCallbackServers": ("group_id", "server_ids"),
    "groups.addCallbackServer": ("group_id url title", "secret_key"),
    "groups.editCallbackServer": ("group_id server_id url title", "secret_key"),
    "groups.getCallbackSettings": ("group_id", "server_id"),
    "groups.setCallbackSettings": ("group_id server_id", f"api_version {' '.join(EVENTS)}"),
    "photos.getMessagesUploadServer": ("peer_id", ""),
    "photos.saveMessagesPhoto": ("photo server hash", ""),
    "docs.getMessagesUploadServer": ("peer_id", "type"),
    "docs.save": ("file", "title tags"),
    "docs.getWallUploadServer": ("", "group_id"),
    "messages.isMessagesFromGroupAllowed": ("group_id user_id", ""),
    "messages.getConversationsById": ("peer_ids", "extended fields group_id"),
    "wall.createComment": (
        "post_id",
        "owner_id from_group message reply_to_comment attachments guid",
    ),
    "wall.getById": ("posts", "extended copy_history_depth fields"),
}
