-- +goose Up
-- Instants are INTEGER Unix milliseconds in UTC; 0 means never. Ids are decimal and never reused where a URL shows them.

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- People ---------------------------------------------------------------------------------------------------------

CREATE TABLE agents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL UNIQUE,              -- lower case
    name          TEXT    NOT NULL,
    role          TEXT    NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    password_hash TEXT    NOT NULL DEFAULT '',          -- argon2id; empty = invited, cannot sign in yet
    epoch         INTEGER NOT NULL DEFAULT 1,           -- sessions carry it; raising it ends them all
    time_zone     TEXT    NOT NULL DEFAULT 'UTC',
    theme         TEXT    NOT NULL DEFAULT '',
    capacity      INTEGER NOT NULL DEFAULT 6 CHECK (capacity >= 0),
    open_count    INTEGER NOT NULL DEFAULT 0 CHECK (open_count >= 0), -- open chats owned; kept by the one owner move
    choice        TEXT    NOT NULL DEFAULT 'away' CHECK (choice IN ('available', 'away', 'offline')),
    presence      TEXT    NOT NULL DEFAULT 'offline' CHECK (presence IN ('available', 'away', 'offline')),
    seen_at       INTEGER NOT NULL DEFAULT 0,           -- real time a socket was last alive
    offline_since INTEGER NOT NULL DEFAULT 0,           -- real time presence became offline
    routed_at     INTEGER NOT NULL DEFAULT 0,           -- when the router last gave them a chat: the tie-breaker
    disabled_at   INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE teams (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO teams (id, name) VALUES (1, 'Everybody');

CREATE TABLE team_members (
    team_id  INTEGER NOT NULL REFERENCES teams (id),
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    PRIMARY KEY (team_id, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_agent ON team_members (agent_id);

-- One-time links: invitation, new password, first admin. Only the hash of the token is kept.
CREATE TABLE links (
    token_hash TEXT    PRIMARY KEY,
    kind       TEXT    NOT NULL CHECK (kind IN ('setup', 'invitation', 'reset')),
    agent_id   INTEGER REFERENCES agents (id),          -- NULL for setup
    created_by INTEGER REFERENCES agents (id),
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE sessions (
    token_hash TEXT    PRIMARY KEY,
    data       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL DEFAULT 0               -- signed out; the row stays until it would have expired
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE sign_in_failures (
    id      INTEGER PRIMARY KEY,
    subject TEXT    NOT NULL,                           -- 'account:…' or 'address:…'
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_failures_subject ON sign_in_failures (subject, at);
CREATE INDEX sign_in_failures_at ON sign_in_failures (at);

-- Administrative acts and reads by people: neither can be back-filled.
CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    agent_id INTEGER REFERENCES agents (id),            -- NULL = the desk itself or nobody signed in
    address  TEXT    NOT NULL DEFAULT '',
    action   TEXT    NOT NULL,
    object   TEXT    NOT NULL DEFAULT '',
    details  TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX audit_at ON audit (at);

CREATE TABLE chat_openings (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id  INTEGER NOT NULL REFERENCES chats (id),
    agent_id INTEGER NOT NULL REFERENCES agents (id),
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX chat_openings_chat ON chat_openings (chat_id, at);
CREATE INDEX chat_openings_agent ON chat_openings (agent_id, at);

-- Numbers and contacts ---------------------------------------------------------------------------------------------

CREATE TABLE numbers (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    phone_number_id TEXT    NOT NULL UNIQUE,
    waba_id         TEXT    NOT NULL DEFAULT '',
    team_id         INTEGER NOT NULL DEFAULT 1 REFERENCES teams (id),
    display_phone   TEXT    NOT NULL DEFAULT '',
    verified_name   TEXT    NOT NULL DEFAULT '',
    quality         TEXT    NOT NULL DEFAULT '',
    status          TEXT    NOT NULL DEFAULT '',
    messaging_limit TEXT    NOT NULL DEFAULT '',
    throughput      INTEGER NOT NULL DEFAULT 80,        -- messages a second
    token_sealed    TEXT    NOT NULL DEFAULT '',        -- AES-256-GCM, never in clear
    paused_at       INTEGER NOT NULL DEFAULT 0,
    paused_code     INTEGER NOT NULL DEFAULT 0,
    paused_reason   TEXT    NOT NULL DEFAULT '',
    restricted      TEXT    NOT NULL DEFAULT '',        -- Meta's notice about the account, as it came
    synced_at       INTEGER NOT NULL DEFAULT 0,         -- templates and number last fetched
    created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE contacts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL DEFAULT '',          -- ours
    profile_name  TEXT    NOT NULL DEFAULT '',          -- the customer's own
    username      TEXT    NOT NULL DEFAULT '',          -- without @
    phone         TEXT    NOT NULL DEFAULT '',          -- E.164; never overwritten with nothing
    wa_id         TEXT    NOT NULL DEFAULT '',          -- digits, as Meta writes it
    bsuid         TEXT    NOT NULL DEFAULT '',
    parent_bsuid  TEXT    NOT NULL DEFAULT '',
    review        TEXT    NOT NULL DEFAULT '',          -- why a person should look: a recycled number
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;

-- What Meta may call a contact by. A value belongs to one contact at a time; an earlier holder keeps its row's history.
CREATE TABLE contact_identities (
    id         INTEGER PRIMARY KEY,
    contact_id INTEGER NOT NULL REFERENCES contacts (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('bsuid', 'wa_id', 'username')),
    value      TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL DEFAULT 0               -- 0 = current
) STRICT;
CREATE UNIQUE INDEX contact_identities_current ON contact_identities (kind, value) WHERE ended_at = 0 AND kind <> 'username';
CREATE INDEX contact_identities_contact ON contact_identities (contact_id);

-- Chats -------------------------------------------------------------------------------------------------------------

CREATE TABLE chats (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    number_id         INTEGER NOT NULL REFERENCES numbers (id),
    contact_id        INTEGER NOT NULL REFERENCES contacts (id),
    team_id           INTEGER NOT NULL REFERENCES teams (id),
    state             TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    owner_id          INTEGER REFERENCES agents (id),   -- only while open
    last_owner_id     INTEGER REFERENCES agents (id),
    last_answerer_id  INTEGER REFERENCES agents (id),   -- whom the router prefers
    released_by_id    INTEGER REFERENCES agents (id),   -- who had it when it was put into the queue by hand: not handed back to
    version           INTEGER NOT NULL DEFAULT 1,       -- raised by every change of owner or state
    case_id           INTEGER NOT NULL DEFAULT 0,       -- the open case, or the last one
    queued_at         INTEGER NOT NULL DEFAULT 0,       -- since when without owner; 0 when owned or closed
    waiting_since     INTEGER NOT NULL DEFAULT 0,       -- oldest unanswered message of the customer
    window_from       INTEGER NOT NULL DEFAULT 0,       -- newest qualifying event, by Meta's clock
    window_until      INTEGER NOT NULL DEFAULT 0,       -- window_from + 24 h, or when Meta said it had ended
    unread            INTEGER NOT NULL DEFAULT 0,
    read_up_to        INTEGER NOT NULL DEFAULT 0,       -- newest message id the owner has seen
    last_message_id   INTEGER NOT NULL DEFAULT 0,       -- newest in thread order
    last_message_at   INTEGER NOT NULL DEFAULT 0,
    next_up           INTEGER NOT NULL DEFAULT 0,       -- the list's order, ascending; see chat.go
    created_at        INTEGER NOT NULL,
    closed_at         INTEGER NOT NULL DEFAULT 0,
    UNIQUE (number_id, contact_id),
    CHECK (state = 'open' OR owner_id IS NULL)
) STRICT;
CREATE INDEX chats_owner    ON chats (owner_id, next_up, id) WHERE owner_id IS NOT NULL;
CREATE INDEX chats_queue    ON chats (team_id, owner_id, next_up, id) WHERE owner_id IS NULL AND state = 'open'; -- owner_id: else the planner takes chats_open
CREATE INDEX chats_waiting  ON chats (queued_at, id) WHERE owner_id IS NULL AND state = 'open';
CREATE INDEX chats_open     ON chats (team_id, next_up, id) WHERE state = 'open';
CREATE INDEX chats_closing  ON chats (team_id, window_until, id) WHERE state = 'open';
CREATE INDEX chats_closed   ON chats (team_id, closed_at, id) WHERE state = 'closed';
CREATE INDEX chats_closed_by ON chats (last_owner_id, closed_at, id) WHERE state = 'closed';
CREATE INDEX chats_contact  ON chats (contact_id);

CREATE TABLE cases (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id    INTEGER NOT NULL REFERENCES chats (id),
    opened_at  INTEGER NOT NULL,
    opened_by  INTEGER REFERENCES agents (id),          -- NULL = the customer
    closed_at  INTEGER NOT NULL DEFAULT 0,
    closed_by  INTEGER REFERENCES agents (id)
) STRICT;
CREATE INDEX cases_chat ON cases (chat_id, id);
CREATE UNIQUE INDEX cases_one_open ON cases (chat_id) WHERE closed_at = 0;

-- Every change of owner, with why. considered is JSON: who was looked at and why the others were passed over.
CREATE TABLE assignments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id    INTEGER NOT NULL REFERENCES chats (id),
    case_id    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,                        -- routed taken assigned released absent reopened closed
    agent_id   INTEGER REFERENCES agents (id),          -- the new owner; NULL = the queue or nobody
    from_id    INTEGER REFERENCES agents (id),          -- the owner before
    by_id      INTEGER REFERENCES agents (id),          -- who did it; NULL = the router or the customer
    reason     TEXT    NOT NULL DEFAULT '',
    considered TEXT    NOT NULL DEFAULT '[]',
    over_capacity INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX assignments_chat ON assignments (chat_id, at);
CREATE INDEX assignments_case ON assignments (case_id, id);
CREATE INDEX assignments_agent ON assignments (agent_id, at);

-- What stands between the bubbles: assignments, closings, a case's beginning.
CREATE TABLE thread_lines (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id       INTEGER NOT NULL REFERENCES chats (id),
    at            INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    agent_id      INTEGER REFERENCES agents (id),
    other_id      INTEGER REFERENCES agents (id),
    case_id       INTEGER NOT NULL DEFAULT 0,
    assignment_id INTEGER NOT NULL DEFAULT 0,
    details       TEXT    NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX thread_lines_chat ON thread_lines (chat_id, at, id);

-- Messages ----------------------------------------------------------------------------------------------------------

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id         INTEGER NOT NULL REFERENCES chats (id),
    case_id         INTEGER NOT NULL DEFAULT 0,
    number_id       INTEGER NOT NULL REFERENCES numbers (id),
    direction       TEXT    NOT NULL CHECK (direction IN ('in', 'out')),
    kind            TEXT    NOT NULL,
    wamid           TEXT    UNIQUE,                     -- NULL until Meta names it
    client_id       TEXT,                               -- the composer's UUID
    agent_id        INTEGER REFERENCES agents (id),     -- who wrote it; NULL = customer or phone app
    at              INTEGER NOT NULL,                   -- its place in the thread: Meta's timestamp, or when it was queued
    body            TEXT    NOT NULL DEFAULT '',
    details         TEXT    NOT NULL DEFAULT '{}',
    quoted_wamid    TEXT    NOT NULL DEFAULT '',
    status          TEXT    NOT NULL DEFAULT '',        -- outgoing only
    rank            INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,         -- real time; unconfirmed: when the agent is asked, then 0
    sending_at      INTEGER NOT NULL DEFAULT 0,         -- real time; also when it became unconfirmed
    settled_at      INTEGER NOT NULL DEFAULT 0,         -- an agent decided about an unconfirmed one
    error_code      INTEGER NOT NULL DEFAULT 0,
    error_reason    TEXT    NOT NULL DEFAULT '',        -- a word of ours: window_ended, unreachable, …
    error_details   TEXT    NOT NULL DEFAULT '',        -- Meta's words
    retry_of_id     INTEGER REFERENCES messages (id),
    template_id     INTEGER REFERENCES templates (id),
    edited_at       INTEGER NOT NULL DEFAULT 0,
    revoked_at      INTEGER NOT NULL DEFAULT 0,
    clock_ahead     INTEGER NOT NULL DEFAULT 0,         -- Meta's timestamp lay in our future and was clamped
    created_at      INTEGER NOT NULL,
    UNIQUE (chat_id, client_id)
) STRICT;
CREATE INDEX messages_thread ON messages (chat_id, at, id);
CREATE INDEX messages_outbox ON messages (chat_id, id) WHERE status IN ('queued', 'sending', 'unconfirmed');
CREATE INDEX messages_unread ON messages (chat_id, id) WHERE direction = 'in';
CREATE INDEX messages_case   ON messages (case_id);
CREATE UNIQUE INDEX messages_retry ON messages (retry_of_id) WHERE retry_of_id IS NOT NULL; -- a message is repeated once
CREATE INDEX messages_answers ON messages (chat_id, id) WHERE direction = 'out';
CREATE INDEX messages_held   ON messages (next_attempt_at, id) WHERE status = 'unconfirmed';
CREATE INDEX messages_template ON messages (agent_id, template_id, id) WHERE template_id IS NOT NULL;
CREATE INDEX messages_due    ON messages (next_attempt_at, id) WHERE status = 'queued';

-- Every step a sent message took, with what Meta said of its price: asked for later, and not to be had again.
CREATE TABLE message_statuses (
    id          INTEGER PRIMARY KEY,
    message_id  INTEGER NOT NULL REFERENCES messages (id),
    status      TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    details     TEXT    NOT NULL DEFAULT '{}',
    UNIQUE (message_id, status)
) STRICT;

CREATE TABLE message_edits (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages (id),
    at         INTEGER NOT NULL,
    body       TEXT    NOT NULL                         -- what stood there before
) STRICT;
CREATE INDEX message_edits_message ON message_edits (message_id, id);

-- One reaction a person and message; an empty emoji took it away. The message may not be here (yet).
CREATE TABLE reactions (
    id           INTEGER PRIMARY KEY,
    chat_id      INTEGER NOT NULL REFERENCES chats (id),
    target_wamid TEXT    NOT NULL,
    actor        TEXT    NOT NULL,                      -- 'contact' or 'agent'
    emoji        TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    UNIQUE (target_wamid, actor)
) STRICT;
CREATE INDEX reactions_chat ON reactions (chat_id);

-- Statuses, edits and revokes of messages that are not here yet; applied when they come.
CREATE TABLE pending_reports (
    id          INTEGER PRIMARY KEY,
    wamid       TEXT    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN ('status', 'edit', 'revoke')),
    report      TEXT    NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_reports_wamid ON pending_reports (wamid);
CREATE INDEX pending_reports_age ON pending_reports (received_at);

-- Channel -----------------------------------------------------------------------------------------------------------

-- Raw webhook POSTs as they came. Pruned; nothing that people read lives only here.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at  INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    sha256       BLOB    NOT NULL,
    state        TEXT    NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'parked')),
    error        TEXT    NOT NULL DEFAULT '',
    attempts     INTEGER NOT NULL DEFAULT 0,
    processed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX deliveries_new ON deliveries (id) WHERE state = 'new';
CREATE INDEX deliveries_parked ON deliveries (id) WHERE state = 'parked';
CREATE INDEX deliveries_received ON deliveries (received_at);

CREATE TABLE templates (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    waba_id          TEXT    NOT NULL,
    meta_id          TEXT    NOT NULL DEFAULT '',
    name             TEXT    NOT NULL,
    language         TEXT    NOT NULL,                  -- en_US, never en-US
    category         TEXT    NOT NULL DEFAULT '',
    status           TEXT    NOT NULL DEFAULT '',
    quality          TEXT    NOT NULL DEFAULT '',
    parameter_format TEXT    NOT NULL DEFAULT 'POSITIONAL',
    components       TEXT    NOT NULL DEFAULT '[]',
    reason           TEXT    NOT NULL DEFAULT '',       -- of rejection, pause or disabling, as Meta wrote it
    next_category    TEXT    NOT NULL DEFAULT '',       -- announced change of category
    changed_at       INTEGER NOT NULL,
    synced_at        INTEGER NOT NULL,
    removed_at       INTEGER NOT NULL DEFAULT 0,        -- gone from the account; kept for the messages that used it
    UNIQUE (waba_id, name, language)
) STRICT;
CREATE INDEX templates_meta ON templates (meta_id);

-- The desk's log: what changed, in commit order. Pages replay it; the router and the workers wake by it. Pruned.
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,                        -- real time
    kind       TEXT    NOT NULL,
    chat_id    INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER NOT NULL DEFAULT 0,
    line_id    INTEGER NOT NULL DEFAULT 0,
    agent_id   INTEGER NOT NULL DEFAULT 0,              -- whom it is about
    team_id    INTEGER NOT NULL DEFAULT 0,              -- the chat's team
    owner_id   INTEGER NOT NULL DEFAULT 0,              -- the chat's owner after
    former_id  INTEGER NOT NULL DEFAULT 0               -- the chat's owner before, when it changed
) STRICT;
CREATE INDEX events_at ON events (at);
