BEGIN;

-- AlterTable
ALTER TABLE "model_versions" ADD COLUMN     "created_by" TEXT NOT NULL DEFAULT 'anonymous',
ADD COLUMN     "description" TEXT,
ADD COLUMN     "imported" JSONB;

-- CreateTable
CREATE TABLE "model_version_tags" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "model_version_tags_pkey" PRIMARY KEY ("name","version","key")
);

-- CreateIndex
CREATE INDEX "model_version_tags_key_value_idx" ON "model_version_tags"("key", "value");

-- AddForeignKey
ALTER TABLE "model_version_tags" ADD CONSTRAINT "model_version_tags_name_version_fkey" FOREIGN KEY ("name", "version") REFERENCES "model_versions"("name", "version") ON DELETE CASCADE ON UPDATE CASCADE;

-- Whose pipeline run trained it.
UPDATE "model_versions" v SET "created_by" = t."user_id" FROM "tracked_runs" t WHERE t."run_id" = v."run_id";

COMMIT;
