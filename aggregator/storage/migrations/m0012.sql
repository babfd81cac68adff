-- Leases on feeds that workers poll.

-- until then a worker may be asking the host, whatever became of who sent it there
ALTER TABLE feed ADD COLUMN leased_until TEXT;

ALTER TABLE feed ADD COLUMN leased_host TEXT NOT NULL DEFAULT '';
