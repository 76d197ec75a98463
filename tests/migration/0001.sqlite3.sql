BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE handle (
	kind VARCHAR(16) NOT NULL, 
	value TEXT NOT NULL, 
	party_id VARCHAR(36) NOT NULL, 
	PRIMARY KEY (kind, value, party_id), 
	CONSTRAINT handle_kind CHECK (kind IN ('email', 'sms', 'phone', 'post', 'chat')), 
	FOREIGN KEY(party_id) REFERENCES party (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "handle" VALUES('email','anna@example.org','party-1');
INSERT INTO "handle" VALUES('email','bob@acme.example','party-2');
CREATE TABLE inbox (
	seq INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	source VARCHAR(80) NOT NULL, 
	external_id TEXT NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	raw BLOB NOT NULL, 
	envelope JSON NOT NULL, 
	received_at DATETIME NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	stage VARCHAR(80), 
	error TEXT, 
	attempts INTEGER NOT NULL, 
	explanation JSON, 
	PRIMARY KEY (seq), 
	UNIQUE (source, external_id), 
	CONSTRAINT inbox_channel CHECK (channel IN ('email', 'sms', 'phone', 'post', 'chat')), 
	CONSTRAINT inbox_status CHECK (status IN ('pending', 'done', 'held', 'failed')), 
	CONSTRAINT inbox_attempts CHECK (attempts >= 0), 
	UNIQUE (id), 
	UNIQUE (content_hash)
);
INSERT INTO "inbox" VALUES(1,'inbox-1','email','lmtp','<1@example.org>','64d7fb204bdca911f1aa3d88fe32843b53fd31f73fe11e78bf07562393ebf33a',X'46726F6D3A20616E6E61406578616D706C652E6F72670D0A0D0A53544F500D0A','{"mail_from": "anna@example.org"}','2026-11-23 12:00:00.000000','done',NULL,NULL,0,'{"decision": {"row": "stop"}}');
CREATE TABLE invalid_handle (
	kind VARCHAR(16) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (kind, value)
);
INSERT INTO "invalid_handle" VALUES('email','gone@example.org');
CREATE TABLE invitation (
	id VARCHAR(36) NOT NULL, 
	party_id VARCHAR(36) NOT NULL, 
	handle_kind VARCHAR(16) NOT NULL, 
	handle_value TEXT NOT NULL, 
	purposes JSON NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	message_id TEXT NOT NULL, 
	sent_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	notice TEXT NOT NULL, 
	answered_at DATETIME, 
	PRIMARY KEY (id), 
	FOREIGN KEY(party_id) REFERENCES party (id) DEFERRABLE INITIALLY DEFERRED, 
	UNIQUE (message_id)
);
INSERT INTO "invitation" VALUES('invitation-1','party-1','email','anna@example.org','["newsletter"]','email','<ask@shop.example>','2026-11-23 12:00:00.000000','2026-11-30 12:00:00.000000','n1','2026-11-23 12:00:00.000000');
CREATE TABLE ledger (
	sequence INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	schema_version INTEGER NOT NULL, 
	tag VARCHAR(40) NOT NULL, 
	party_id VARCHAR(36) NOT NULL, 
	capacity VARCHAR(16) NOT NULL, 
	purpose TEXT NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	status_before VARCHAR(24) NOT NULL, 
	status_after VARCHAR(24) NOT NULL, 
	occurred_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	actor TEXT NOT NULL, 
	regime VARCHAR(40) NOT NULL, 
	decision TEXT NOT NULL, 
	source_hash VARCHAR(64) NOT NULL, 
	sealed BLOB NOT NULL, 
	previous_hash VARCHAR(64) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (sequence), 
	CONSTRAINT ledger_sequence CHECK (sequence >= 1), 
	CONSTRAINT ledger_capacity CHECK (capacity IN ('consumer', 'professional')), 
	CONSTRAINT ledger_status_before CHECK (status_before IN ('unknown', 'requested', 'request_deferred', 'given', 'renewed', 'refused', 'withdrawn', 'expired', 'invalidated', 'revoked')), 
	CONSTRAINT ledger_status_after CHECK (status_after IN ('unknown', 'requested', 'request_deferred', 'given', 'renewed', 'refused', 'withdrawn', 'expired', 'invalidated', 'revoked')), 
	CONSTRAINT ledger_hashes CHECK (length(hash) = 64 AND length(previous_hash) = 64), 
	UNIQUE (id), 
	UNIQUE (hash)
);
INSERT INTO "ledger" VALUES(1,'id-1',1,'consent:grant','party-1','consumer','newsletter','email','unknown','given','2026-11-23 12:00:00.000000','2026-11-23 12:00:00.000000','person','FR-01','stop','64d7fb204bdca911f1aa3d88fe32843b53fd31f73fe11e78bf07562393ebf33a',X'3BC2DAC4D63DF4D3EEF13EF90D58E203ABCD2550B2CA0D0F107F79AB3BB432886D9DA0EC7C50BA80F8CAF437376F44979CC55AF9B396E416AB28','0000000000000000000000000000000000000000000000000000000000000000','03acb183f03494f7b7c5963bf921a13d97ff3725f81837f0fd8992d14f54809b');
INSERT INTO "ledger" VALUES(2,'id-2',1,'consent:withdraw','party-1','consumer','all','all','unknown','withdrawn','2026-11-23 12:00:00.000000','2026-11-23 12:00:00.000000','person','FR-01','stop','64d7fb204bdca911f1aa3d88fe32843b53fd31f73fe11e78bf07562393ebf33a',X'A23E99146185663C601365EF8C162A70F825B7463D366653575B1D78A19C156B451E98C0D9D6AC6C37D46524D4121D1E5BF466B7977519D9EBCE','03acb183f03494f7b7c5963bf921a13d97ff3725f81837f0fd8992d14f54809b','7f418ff001ac0322fbc4e29281faf5c9e65f93e4ffc7d9b2f44c5b5e0643af27');
INSERT INTO "ledger" VALUES(3,'id-3',1,'consent:refuse','party-2','professional','newsletter','email','unknown','refused','2026-11-23 12:00:00.000000','2026-11-23 12:00:00.000000','person','FR-01','stop','64d7fb204bdca911f1aa3d88fe32843b53fd31f73fe11e78bf07562393ebf33a',X'DF919DDCBD0D8917392CBA1496E81E55D3CA949A563D537AAB7D9B5F21F65208C371083FB081DCD81270FA2976ACEDE23E044AC423E12BF371EA','7f418ff001ac0322fbc4e29281faf5c9e65f93e4ffc7d9b2f44c5b5e0643af27','a3e3d51990df62aedab082d089b46a492ed02fd7db2bf6da0f75ecbcc406c053');
CREATE TABLE outbox (
	seq INTEGER NOT NULL, 
	id VARCHAR(36) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	handle_kind VARCHAR(16) NOT NULL, 
	handle_value TEXT NOT NULL, 
	template VARCHAR(80) NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	envelope_from TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	message_id TEXT NOT NULL, 
	inbox_id VARCHAR(36), 
	created_at DATETIME NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	not_before DATETIME, 
	error TEXT, 
	PRIMARY KEY (seq), 
	CONSTRAINT outbox_channel CHECK (channel IN ('email', 'sms', 'phone', 'post', 'chat')), 
	CONSTRAINT outbox_status CHECK (status IN ('queued', 'sending', 'sent', 'failed', 'held')), 
	CONSTRAINT outbox_attempts CHECK (attempts >= 0), 
	UNIQUE (id), 
	UNIQUE (message_id), 
	FOREIGN KEY(inbox_id) REFERENCES inbox (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "outbox" VALUES(1,'outbox-1','email','email','anna@example.org','withdrawal_confirmed','fr','',X'78','<reply@shop.example>','inbox-1','2026-11-23 12:00:00.000000','queued',0,NULL,NULL);
CREATE TABLE party (
	id VARCHAR(36) NOT NULL, 
	capacity VARCHAR(16) NOT NULL, 
	organisation TEXT, 
	language VARCHAR(8), 
	country VARCHAR(2), 
	PRIMARY KEY (id), 
	CONSTRAINT party_capacity CHECK (capacity IN ('consumer', 'professional'))
);
INSERT INTO "party" VALUES('party-1','consumer',NULL,'fr','FR');
INSERT INTO "party" VALUES('party-2','professional','Acme','en','DE');
CREATE TABLE party_key (
	party_id VARCHAR(36) NOT NULL, 
	wrapped BLOB NOT NULL, 
	PRIMARY KEY (party_id)
);
INSERT INTO "party_key" VALUES('party-1',X'9CFD9EC6C66C180DC99BFEF4EA7A84B5CF12D7EAC533D4EAD2431FCCBDD93A0D2B04DBF12778AEDFC641F1566F66C1008B43B271EC8A4D12AC14D8F8');
INSERT INTO "party_key" VALUES('party-2',X'972F965FB34018685600F888771CEBB3FC409C1FF8D297E93C9DC405F92B4C35F72754C665FE8D52550E6039C798BCEB21520363AF8BD4C6D24536BF');
CREATE TABLE projection (
	party_id VARCHAR(36) NOT NULL, 
	purpose TEXT NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	since DATETIME NOT NULL, 
	sequence INTEGER NOT NULL, 
	PRIMARY KEY (party_id, purpose, channel), 
	CONSTRAINT projection_status CHECK (status IN ('unknown', 'requested', 'request_deferred', 'given', 'renewed', 'refused', 'withdrawn', 'expired', 'invalidated', 'revoked')), 
	UNIQUE (sequence), 
	FOREIGN KEY(sequence) REFERENCES ledger (sequence)
);
INSERT INTO "projection" VALUES('party-1','newsletter','email','given','2026-11-23 12:00:00.000000',1);
INSERT INTO "projection" VALUES('party-1','all','all','withdrawn','2026-11-23 12:00:00.000000',2);
INSERT INTO "projection" VALUES('party-2','newsletter','email','refused','2026-11-23 12:00:00.000000',3);
CREATE TABLE rights_request (
	id VARCHAR(36) NOT NULL, 
	party_id VARCHAR(36), 
	handle_kind VARCHAR(16) NOT NULL, 
	handle_value TEXT NOT NULL, 
	article VARCHAR(8) NOT NULL, 
	received_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	status VARCHAR(24) NOT NULL, 
	inbox_id VARCHAR(36), 
	PRIMARY KEY (id), 
	FOREIGN KEY(party_id) REFERENCES party (id) DEFERRABLE INITIALLY DEFERRED, 
	FOREIGN KEY(inbox_id) REFERENCES inbox (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO "rights_request" VALUES('request-1','party-1','email','anna@example.org','A15','2026-11-23 12:00:00.000000','2026-12-23 12:00:00.000000','acknowledged','inbox-1');
CREATE TABLE suppression (
	digest VARCHAR(64) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	purpose TEXT NOT NULL, 
	provisional BOOLEAN NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (digest, channel, purpose, provisional), 
	CONSTRAINT suppression_digest CHECK (length(digest) = 64)
);
INSERT INTO "suppression" VALUES('ae4198f013bc020f5a417d603f3f7b7e19c31f93e6b7c1dc39a7c15d49a73437','all','all',0,'consent:withdraw','2026-11-23 12:00:00.000000');
CREATE INDEX inbox_status ON inbox (status, seq);
CREATE INDEX outbox_status ON outbox (status, seq);
CREATE INDEX outbox_recipient ON outbox (handle_value, created_at);
CREATE INDEX outbox_inbox ON outbox (inbox_id);
CREATE INDEX handle_party ON handle (party_id);
CREATE INDEX ledger_party ON ledger (party_id);
CREATE INDEX rights_request_due ON rights_request (due_at);
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_in_turn BEFORE INSERT ON ledger WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM ledger) BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;
