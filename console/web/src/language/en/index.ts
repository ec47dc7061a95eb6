import calendars from "./calendars.json"
import channels from "./channels.json"
import common from "./common.json"
import conversations from "./conversations.json"
import customer from "./customer.json"
import leads from "./leads.json"
import lines from "./lines.json"
import people from "./people.json"
import server from "./server.json"
import settings from "./settings.json"
import signin from "./signin.json"
import start from "./start.json"

export default { calendars, channels, common, conversations, customer, leads, lines, people, server, settings, signin, start }
