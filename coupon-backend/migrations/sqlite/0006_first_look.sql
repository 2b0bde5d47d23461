-- When WeChat said, before a try, that what the try does was not done yet; by our clock. A redemption
-- whose answer was lost counts as done by the try only where this is known.
ALTER TABLE operations ADD COLUMN looked_at INTEGER;
