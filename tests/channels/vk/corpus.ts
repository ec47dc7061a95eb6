/** The shapes of VK's updates as VK publishes them, for what the recordings hold.
 *
 * The package has the objects, not what callbacks wrap them in, nor all kinds of attachments: those
 * stand here as https://github.com/VKCOM/vk-api-schema has them, version 5.199, read 2026-08-01. Of a
 * pressed button it says that the payload is a text, and the manual shows an object.
 */
import type {
  AudioAudio,
  BaseGeo,
  BaseLink,
  BaseStickerNew,
  CallsCall,
  DocsDoc,
  GiftsLayout,
  MarketMarketItem,
  MessagesAudioMessage,
  MessagesForeignMessage,
  MessagesGraffiti,
  MessagesMessage,
  PhotosPhoto,
  PollsPoll,
  StoriesStory,
  VideoVideo,
  WallWallComment,
} from "@vkontakte/api-schema-typescript"

interface WallPost {
  inner_type: "wall_wallpost"
  id: number
  from_id: number
  to_id?: number
  owner_id: number
  date: number
  post_type: "post" | "copy" | "reply"
  text: string
}

type Photo = PhotosPhoto & {
  orig_photo?: { type: string; url: string; width: number; height: number }
}

type Attachment =
  | { type: "photo"; photo: Photo }
  | { type: "doc"; doc: DocsDoc }
  | { type: "audio_message"; audio_message: MessagesAudioMessage }
  | { type: "sticker"; sticker: BaseStickerNew }
  | { type: "graffiti"; graffiti: MessagesGraffiti }
  | { type: "video"; video: VideoVideo }
  | { type: "audio"; audio: AudioAudio }
  | { type: "wall"; wall: WallPost }
  | { type: "wall_reply"; wall_reply: WallWallComment }
  | { type: "link"; link: BaseLink }
  | { type: "market"; market: MarketMarketItem }
  | { type: "gift"; gift: GiftsLayout }
  | { type: "poll"; poll: PollsPoll }
  | { type: "call"; call: CallsCall }
  | { type: "story"; story: StoriesStory }

interface Foreign
  extends Omit<MessagesForeignMessage, "attachments" | "fwd_messages" | "reply_message"> {
  attachments?: Attachment[]
  fwd_messages?: Foreign[]
  reply_message?: Foreign
}

interface Action {
  type: string
  member_id?: number
  text?: string
}

interface Message
  extends Omit<
    MessagesMessage,
    "attachments" | "fwd_messages" | "reply_message" | "action" | "geo"
  > {
  attachments?: Attachment[]
  fwd_messages?: Foreign[]
  reply_message?: Foreign
  action?: Action
  geo?: BaseGeo
}

type Comment = Omit<WallWallComment, "attachments"> & { attachments?: Attachment[] }

interface ClientInfo {
  button_actions: string[]
  keyboard: boolean
  inline_keyboard: boolean
  carousel: boolean
  lang_id: number
}

interface Objects {
  message_new: { message: Message; client_info: ClientInfo }
  message_reply: Message
  message_edit: Message
  message_allow: { user_id: number; key: string }
  message_deny: { user_id: number }
  message_event: {
    user_id: number
    peer_id: number
    event_id: string
    payload: string | object
    conversation_message_id?: number
  }
  message_typing_state: { from_id: number; to_id: number; state: string }
  message_read: {
    from_id: number
    peer_id: number
    read_message_id: number
    conversation_message_id?: number
  }
  message_reaction_event: {
    reacted_id: number
    peer_id: number
    cmid: number
    reaction_id?: number
  }
  wall_reply_new: Comment
  wall_reply_edit: Comment
  wall_reply_restore: Comment
  wall_reply_delete: { owner_id: number; id: number; user_id: number; post_id: number }
  group_join: { user_id?: number; join_type: "join" | "unsure" | "accepted" | "approved" | "request" }
}

export type Update =
  | {
      [Kind in keyof Objects]: {
        type: Kind
        object: Objects[Kind]
        group_id: number
        event_id: string
        v: string
        secret: string
      }
    }[keyof Objects]
  | { type: "confirmation"; group_id: number; event_id: string; v: string; secret: string }
