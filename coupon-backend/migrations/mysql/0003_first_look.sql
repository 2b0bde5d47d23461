-- As the SQLite migration 0006. MySQL has no ADD COLUMN IF NOT EXISTS, and every statement can be run
-- again.
SET @missing = (
    SELECT COUNT(*) = 0 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'operations' AND column_name = 'looked_at'
);
SET @change = IF(@missing, 'ALTER TABLE operations ADD COLUMN looked_at BIGINT NULL', 'DO 0');
PREPARE change_operations FROM @change;
EXECUTE change_operations;
DEALLOCATE PREPARE change_operations;
