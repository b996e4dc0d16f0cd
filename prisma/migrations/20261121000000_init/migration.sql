BEGIN;

-- CreateEnum
CREATE TYPE "run_state" AS ENUM ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELING', 'CANCELED');

-- CreateEnum
CREATE TYPE "step_state" AS ENUM ('PENDING', 'QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELED');

-- CreateEnum
CREATE TYPE "attempt_outcome" AS ENUM ('SUCCEEDED', 'FAILED', 'CRASHED', 'CANCELED');

-- CreateEnum
CREATE TYPE "tracked_run_status" AS ENUM ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED');

-- CreateEnum
CREATE TYPE "lifecycle_stage" AS ENUM ('active', 'deleted');

-- CreateEnum
CREATE TYPE "promotion_verdict" AS ENUM ('accepted', 'refused');

-- CreateTable
CREATE TABLE "pipeline_runs" (
    "id" UUID NOT NULL,
    "pipeline" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "state" "run_state" NOT NULL DEFAULT 'PENDING',
    "parameters" JSONB NOT NULL,
    "config_hash" TEXT,
    "created_by" TEXT NOT NULL,
    "last_event" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "pipeline_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "steps" (
    "run_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "depends_on" TEXT[],
    "state" "step_state" NOT NULL DEFAULT 'PENDING',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "crashes" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(3),
    "dispatched_at" TIMESTAMPTZ(3),
    "lease_token" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),
    "worker" TEXT,
    "cached_from_run_id" UUID,
    "progress" JSONB,
    "outputs" JSONB,
    "error" JSONB,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "steps_pkey" PRIMARY KEY ("run_id","name")
);

-- CreateTable
CREATE TABLE "attempts" (
    "run_id" UUID NOT NULL,
    "step" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "worker" TEXT NOT NULL,
    "outcome" "attempt_outcome",
    "error" JSONB,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("run_id","step","number")
);

-- CreateTable
CREATE TABLE "state_history" (
    "run_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "step" TEXT,
    "state" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "state_history_pkey" PRIMARY KEY ("run_id","number")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "sha256" TEXT NOT NULL,
    "bucket" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "media_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "projections" (
    "bucket" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "source" JSONB NOT NULL,
    "wanted" INTEGER NOT NULL DEFAULT 1,
    "written" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(3),
    "error" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projections_pkey" PRIMARY KEY ("bucket","key")
);

-- CreateTable
CREATE TABLE "experiments" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "lifecycle_stage" "lifecycle_stage" NOT NULL DEFAULT 'active',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "experiments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tracked_runs" (
    "run_id" TEXT NOT NULL,
    "experiment_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "status" "tracked_run_status" NOT NULL DEFAULT 'RUNNING',
    "lifecycle_stage" "lifecycle_stage" NOT NULL DEFAULT 'active',
    "user_id" TEXT NOT NULL,
    "start_time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "end_time" TIMESTAMPTZ(3),
    "pipeline_run_id" UUID,
    "step" TEXT,
    "attempt" INTEGER,

    CONSTRAINT "tracked_runs_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "params" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "params_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "metrics" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "step" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "is_nan" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "metrics_pkey" PRIMARY KEY ("run_id","key","timestamp","step","value","is_nan")
);

-- CreateTable
CREATE TABLE "latest_metrics" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "timestamp" BIGINT NOT NULL,
    "step" BIGINT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "is_nan" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "latest_metrics_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "run_tags" (
    "run_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "run_tags_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "tracked_files" (
    "run_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,

    CONSTRAINT "tracked_files_pkey" PRIMARY KEY ("run_id","path")
);

-- CreateTable
CREATE TABLE "registered_models" (
    "name" TEXT NOT NULL,
    "last_version" INTEGER NOT NULL DEFAULT 0,
    "description" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "registered_models_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "model_versions" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "model_type" TEXT NOT NULL,
    "run_id" TEXT,
    "config_hash" TEXT,
    "model_sha256" TEXT NOT NULL,
    "manifest_sha256" TEXT NOT NULL,
    "metrics" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_versions_pkey" PRIMARY KEY ("name","version")
);

-- CreateTable
CREATE TABLE "model_aliases" (
    "name" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "model_aliases_pkey" PRIMARY KEY ("name","alias")
);

-- CreateTable
CREATE TABLE "promotion_requests" (
    "id" UUID NOT NULL,
    "identifier" TEXT NOT NULL,
    "model_version" INTEGER NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT,
    "gates" JSONB NOT NULL,
    "scoreboard" JSONB,
    "verdict" "promotion_verdict" NOT NULL,
    "pipeline_run_id" UUID,
    "step" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "promotion_requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "promotions" (
    "id" UUID NOT NULL,
    "request_id" UUID NOT NULL,
    "identifier" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "model_version" INTEGER NOT NULL,
    "model_type" TEXT NOT NULL,
    "run_id" TEXT NOT NULL,
    "experiment" TEXT NOT NULL,
    "config_hash" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "score" DOUBLE PRECISION,
    "rmse" DOUBLE PRECISION,
    "mae" DOUBLE PRECISION,
    "mse" DOUBLE PRECISION,
    "weights" JSONB NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT,
    "replaces" UUID,
    "pipeline_run_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "promotions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pointers" (
    "identifier" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "promotion_id" UUID,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pointers_pkey" PRIMARY KEY ("identifier")
);

-- CreateTable
CREATE TABLE "inference_batches" (
    "id" UUID NOT NULL,
    "identifier" TEXT NOT NULL,
    "model_version" INTEGER NOT NULL,
    "run_id" TEXT NOT NULL,
    "prediction_hash" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "pipeline_run_id" UUID,
    "day" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inference_batches_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "pipeline_runs_created_at_id_idx" ON "pipeline_runs"("created_at", "id");

-- CreateIndex
CREATE INDEX "pipeline_runs_identifier_created_at_idx" ON "pipeline_runs"("identifier", "created_at");

-- CreateIndex
CREATE INDEX "pipeline_runs_state_idx" ON "pipeline_runs"("state");

-- CreateIndex
CREATE INDEX "steps_state_not_before_idx" ON "steps"("state", "not_before");

-- CreateIndex
CREATE UNIQUE INDEX "experiments_name_key" ON "experiments"("name");

-- CreateIndex
CREATE INDEX "tracked_runs_experiment_id_start_time_idx" ON "tracked_runs"("experiment_id", "start_time");

-- CreateIndex
CREATE UNIQUE INDEX "tracked_runs_pipeline_run_id_step_attempt_key" ON "tracked_runs"("pipeline_run_id", "step", "attempt");

-- CreateIndex
CREATE INDEX "params_key_value_idx" ON "params"("key", "value");

-- CreateIndex
CREATE INDEX "latest_metrics_key_value_idx" ON "latest_metrics"("key", "value");

-- CreateIndex
CREATE INDEX "run_tags_key_value_idx" ON "run_tags"("key", "value");

-- CreateIndex
CREATE INDEX "model_versions_run_id_idx" ON "model_versions"("run_id");

-- CreateIndex
CREATE INDEX "promotion_requests_identifier_created_at_idx" ON "promotion_requests"("identifier", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "promotion_requests_pipeline_run_id_step_key" ON "promotion_requests"("pipeline_run_id", "step");

-- CreateIndex
CREATE UNIQUE INDEX "promotions_request_id_key" ON "promotions"("request_id");

-- CreateIndex
CREATE UNIQUE INDEX "promotions_pipeline_run_id_key" ON "promotions"("pipeline_run_id");

-- CreateIndex
CREATE INDEX "promotions_identifier_config_hash_version_idx" ON "promotions"("identifier", "config_hash", "version");

-- CreateIndex
CREATE INDEX "promotions_created_at_idx" ON "promotions"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "promotions_identifier_version_key" ON "promotions"("identifier", "version");

-- CreateIndex
CREATE INDEX "inference_batches_identifier_day_created_at_idx" ON "inference_batches"("identifier", "day", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "inference_batches_run_id_prediction_hash_key" ON "inference_batches"("run_id", "prediction_hash");

-- AddForeignKey
ALTER TABLE "steps" ADD CONSTRAINT "steps_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "pipeline_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempts" ADD CONSTRAINT "attempts_run_id_step_fkey" FOREIGN KEY ("run_id", "step") REFERENCES "steps"("run_id", "name") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "state_history" ADD CONSTRAINT "state_history_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "pipeline_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tracked_runs" ADD CONSTRAINT "tracked_runs_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiments"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "params" ADD CONSTRAINT "params_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "metrics" ADD CONSTRAINT "metrics_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "latest_metrics" ADD CONSTRAINT "latest_metrics_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_tags" ADD CONSTRAINT "run_tags_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tracked_files" ADD CONSTRAINT "tracked_files_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tracked_files" ADD CONSTRAINT "tracked_files_sha256_fkey" FOREIGN KEY ("sha256") REFERENCES "artifacts"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_name_fkey" FOREIGN KEY ("name") REFERENCES "registered_models"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "tracked_runs"("run_id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_model_sha256_fkey" FOREIGN KEY ("model_sha256") REFERENCES "artifacts"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_manifest_sha256_fkey" FOREIGN KEY ("manifest_sha256") REFERENCES "artifacts"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_name_fkey" FOREIGN KEY ("name") REFERENCES "registered_models"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_name_version_fkey" FOREIGN KEY ("name", "version") REFERENCES "model_versions"("name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_requests" ADD CONSTRAINT "promotion_requests_identifier_model_version_fkey" FOREIGN KEY ("identifier", "model_version") REFERENCES "model_versions"("name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "promotion_requests"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_identifier_model_version_fkey" FOREIGN KEY ("identifier", "model_version") REFERENCES "model_versions"("name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotions" ADD CONSTRAINT "promotions_pipeline_run_id_fkey" FOREIGN KEY ("pipeline_run_id") REFERENCES "pipeline_runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pointers" ADD CONSTRAINT "pointers_promotion_id_fkey" FOREIGN KEY ("promotion_id") REFERENCES "promotions"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inference_batches" ADD CONSTRAINT "inference_batches_sha256_fkey" FOREIGN KEY ("sha256") REFERENCES "artifacts"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "inference_batches" ADD CONSTRAINT "inference_batches_identifier_model_version_fkey" FOREIGN KEY ("identifier", "model_version") REFERENCES "model_versions"("name", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A promotion is a fact: nothing changes or removes one, whatever the application has in mind.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: history is only added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER promotions_are_kept BEFORE UPDATE OR DELETE ON "promotions"
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER promotions_are_not_truncated BEFORE TRUNCATE ON "promotions"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

COMMIT;
