import "@/app.css"
import { createPinia } from "pinia"
import { createApp } from "vue"
import App from "./App.vue"
import { whenSignedOut } from "./api"
import { pageLanguage, speak } from "./language"
import { followPreferences } from "./preferences"
import { router } from "./router"
import { useSession } from "./session"
import { store, stored } from "./storage"
import { startTicking } from "./time"

// After an upgrade the old chunks are gone; a fresh page has the new ones.
window.addEventListener("vite:preloadError", () => {
  const last = stored("reloaded", 0)
  if (Date.now() - last < 60_000) return
  store("reloaded", Date.now())
  location.reload()
})

followPreferences()
startTicking()
const app = createApp(App).use(createPinia())
const session = useSession()
whenSignedOut(() => void session.end())
await speak(pageLanguage())
await session.check()
app.use(router).mount("#app")
