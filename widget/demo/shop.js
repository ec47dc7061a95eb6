/** The demo shop: two languages, a cart that counts, and a button that opens the chat. */
const page = document.documentElement;

function speak(language) {
  page.lang = language;
  document.title = language === "ru" ? "Тихий свет: лампы для дома" : "Quiet Light: lamps for the home";
}

const asked = new URLSearchParams(location.search).get("lang");
if (asked === "ru" || asked === "en") speak(asked);
document.getElementById("language").addEventListener("click", () => speak(page.lang === "ru" ? "en" : "ru"));

const cart = document.getElementById("cart");
for (const button of document.querySelectorAll(".add")) {
  button.addEventListener("click", () => (cart.value = String(Number(cart.value) + 1)));
}

// Works before the chat's script is there: the call waits in the queue.
window.Liniya = window.Liniya || function (...call) { (window.Liniya.q = window.Liniya.q || []).push(call); };
document.getElementById("ask").addEventListener("click", () => window.Liniya("open"));
