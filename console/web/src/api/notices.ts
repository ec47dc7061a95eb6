/** `server_key` is the `applicationServerKey` to subscribe with, base64url. */
export interface NoticesView {
  server_key: string
  devices: number
}

export interface NewDevice {
  endpoint: string
  p256dh: string
  auth: string
}

/** How many push services took the notice. */
export interface NoticesTried {
  reached: number
}
