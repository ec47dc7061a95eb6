import { watch } from "vue"
import { createRouter, createWebHistory } from "vue-router"
import Conversations from "./conversations/Conversations.vue"
import { useSession } from "./session"

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: "/", redirect: "/conversations/mine" },
    { path: "/signin", name: "signin", component: () => import("./signin/SignIn.vue"), meta: { open: true } },
    { path: "/password", name: "password", component: () => import("./signin/FirstPassword.vue"), meta: { open: true } },
    { path: "/conversations/:list(mine|waiting|all|closed)/:id?", name: "conversations", component: Conversations },
    { path: "/leads", name: "leads", component: () => import("./leads/Leads.vue") },
    { path: "/leads/:id", name: "lead", component: () => import("./leads/LeadPage.vue") },
    { path: "/load", name: "load", component: () => import("./board/Board.vue"), meta: { supervisors: true } },
    { path: "/settings", redirect: "/settings/profile" },
    { path: "/settings/profile", name: "profile", component: () => import("./settings/Profile.vue") },
    {
      path: "/settings/operators",
      name: "operators",
      component: () => import("./settings/Operators.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/departments",
      name: "departments",
      component: () => import("./settings/Departments.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/lines/:id?",
      name: "lines",
      component: () => import("./settings/Lines.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/calendars/:id?",
      name: "calendars",
      component: () => import("./settings/Calendars.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/card",
      name: "card",
      component: () => import("./settings/CardFields.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/inboxes/:id?",
      name: "inboxes",
      component: () => import("./settings/Inboxes.vue"),
      meta: { administrators: true },
    },
    {
      path: "/settings/queues",
      name: "queues",
      component: () => import("./settings/Queues.vue"),
      meta: { supervisors: true },
    },
    {
      path: "/settings/simulator/:id?",
      name: "simulator",
      component: () => import("./settings/Simulator.vue"),
      meta: { supervisors: true },
    },
    { path: "/:rest(.*)*", redirect: "/conversations/mine" },
  ],
})

function whereTo(to: { meta: Record<string, unknown>; fullPath: string; name?: unknown }) {
  const session = useSession()
  if (!session.session) return to.name === "signin" ? true : { name: "signin", query: { to: to.fullPath } }
  if (session.session.must_change_password) return to.name === "password" ? true : { name: "password" }
  if (to.meta.open) return "/conversations/mine"
  if (to.meta.administrators && !session.administers) return "/conversations/mine"
  if (to.meta.supervisors && !session.supervises) return "/conversations/mine"
  return true
}

router.beforeEach((to) => whereTo(to))

/** Signing out, here or because the session ended, leads to the sign-in page. */
export function followSession() {
  const session = useSession()
  watch(
    () => session.session?.must_change_password ?? null,
    (now) => {
      const current = router.currentRoute.value
      if (now === null && !current.meta.open)
        void router.replace({ name: "signin", query: { to: current.fullPath } })
    },
  )
}
