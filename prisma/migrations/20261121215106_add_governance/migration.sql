BEGIN;

-- CreateEnum
CREATE TYPE "gate_scope" AS ENUM ('pipeline', 'identifier');

-- AlterEnum
ALTER TYPE "promotion_verdict" ADD VALUE 'pending';
ALTER TYPE "promotion_verdict" ADD VALUE 'rejected';

-- AlterTable
ALTER TABLE "model_versions" ADD COLUMN     "archived_at" TIMESTAMPTZ(3),
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- AlterTable
ALTER TABLE "projections" ADD COLUMN     "checked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "promotion_requests" ADD COLUMN     "decided_at" TIMESTAMPTZ(3),
ADD COLUMN     "decided_by" TEXT,
ADD COLUMN     "decision_reason" TEXT,
ADD COLUMN     "overridden" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "policy" JSONB;

-- AlterTable
ALTER TABLE "promotions" ADD COLUMN     "restores" INTEGER;

-- AlterTable
ALTER TABLE "registered_models" ADD COLUMN     "archived_at" TIMESTAMPTZ(3),
ADD COLUMN     "created_by" TEXT NOT NULL DEFAULT 'anonymous';

-- CreateTable
CREATE TABLE "model_tags" (
    "name" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "model_tags_pkey" PRIMARY KEY ("name","key")
);

-- CreateTable
CREATE TABLE "gate_policies" (
    "scope" "gate_scope" NOT NULL,
    "name" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_by" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "gate_policies_pkey" PRIMARY KEY ("scope","name")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" UUID NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "request_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "model_tags_key_value_idx" ON "model_tags"("key", "value");

-- CreateIndex
CREATE INDEX "audit_entries_created_at_id_idx" ON "audit_entries"("created_at", "id");

-- CreateIndex
CREATE INDEX "audit_entries_subject_created_at_idx" ON "audit_entries"("subject", "created_at");

-- CreateIndex
CREATE INDEX "audit_entries_actor_created_at_idx" ON "audit_entries"("actor", "created_at");

-- CreateIndex
CREATE INDEX "projections_bucket_checked_at_idx" ON "projections"("bucket", "checked_at");

-- AddForeignKey
ALTER TABLE "model_tags" ADD CONSTRAINT "model_tags_name_fkey" FOREIGN KEY ("name") REFERENCES "registered_models"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- Who changed what is a fact as well.
CREATE TRIGGER audit_entries_are_kept BEFORE UPDATE OR DELETE ON "audit_entries"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER audit_entries_are_not_truncated BEFORE TRUNCATE ON "audit_entries"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A request is decided once, and what was found out about it stays beside the decision.
CREATE TRIGGER promotion_requests_stay_decided BEFORE UPDATE ON "promotion_requests"
  FOR EACH ROW WHEN (OLD.verdict::text <> 'pending') EXECUTE FUNCTION refuse_change();

CREATE TRIGGER promotion_requests_are_kept BEFORE DELETE ON "promotion_requests"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER promotion_requests_are_not_truncated BEFORE TRUNCATE ON "promotion_requests"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A promotion names a version: it stays the same bytes.
CREATE TRIGGER model_versions_keep_their_bytes
  BEFORE UPDATE OF "name", "version", "model_sha256", "manifest_sha256" ON "model_versions"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

COMMIT;
