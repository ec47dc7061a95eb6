/** Who is signed in at this browser. */
import { defineStore } from "pinia"
import { computed, nextTick, shallowRef } from "vue"
import { Refused, session as api, signedInWith } from "./api"
import type { SessionView } from "./api/shapes"
import { useDesk } from "./desk"
import { speak } from "./language"

export const useSession = defineStore("session", () => {
  const session = shallowRef<SessionView | null>(null)
  /** Read once at the start; then true. */
  const asked = shallowRef(false)
  const desk = useDesk()

  const me = computed(() => desk.state?.me ?? session.value?.me ?? null)
  const supervises = computed(() => me.value !== null && me.value.role !== "operator")
  const administers = computed(() => me.value?.role === "administrator")

  async function begin(view: SessionView) {
    signedInWith(view.csrf_token)
    // Until then it is the browser's: the first password change tells the server which.
    if (!view.must_change_password) await speak(view.me.language)
    session.value = view
    if (!view.must_change_password) desk.connect(() => void check())
  }

  /** What shows the desk goes first, and then what it showed. */
  async function end() {
    session.value = null
    await nextTick()
    desk.disconnect()
  }

  /** Who does the cookie say we are? */
  async function check() {
    try {
      await begin(await api.read())
    } catch (error) {
      if (error instanceof Refused && error.status === 401) await end()
    } finally {
      asked.value = true
    }
  }

  const signIn = async (email: string, password: string) => begin(await api.signIn(email, password))

  async function changePassword(current: string, next: string) {
    const view = await api.changePassword(current, next)
    await begin(view ?? (await api.read()))
  }

  async function signOut() {
    await api.signOut().catch(() => undefined)
    await end()
  }

  return { session, asked, me, supervises, administers, check, end, signIn, signOut, changePassword }
})
