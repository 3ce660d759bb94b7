/*
 * Ruby that runs inside of Mastodon. Values come by the environment and are never written into the code. Each may run
 * again.
 */

/** Tells Mastodon the settings in MASTODON_SETTINGS, a JSON object; null takes one back. */
export const settingsCode =
  "JSON.parse(ENV.fetch('MASTODON_SETTINGS')).each { |name, value| Setting[name] = value }";

/** Asks the relay in RELAY for its messages, unless that was done. */
export const relayAddCode =
  "relay = Relay.find_or_create_by!(inbox_url: ENV.fetch('RELAY')); relay.enable! unless relay.accepted? || relay.pending?";

/** Leaves the relay in RELAY and forgets it. */
export const relayRemoveCode = "Relay.where(inbox_url: ENV.fetch('RELAY')).each(&:destroy!)";

/** Prints the relays as one line of JSON: `[{"url": …, "state": "accepted"}]`. */
export const relayListCode =
  'puts Relay.order(:id).map { |relay| { url: relay.inbox_url, state: relay.state } }.to_json';
