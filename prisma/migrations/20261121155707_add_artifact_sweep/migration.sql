BEGIN;

-- AlterTable
ALTER TABLE "artifacts" ADD COLUMN     "swept_at" TIMESTAMPTZ(3);

-- Runs from before it was written down which bytes they refer to: their outputs name the digests.
INSERT INTO "run_artifacts" ("run_id", "sha256")
SELECT DISTINCT s."run_id", a."sha256"
FROM "steps" s,
  LATERAL jsonb_path_query(s."outputs", 'strict $.**.sha256') AS digest,
  "artifacts" a
WHERE a."sha256" = digest #>> '{}'
ON CONFLICT DO NOTHING;

COMMIT;
