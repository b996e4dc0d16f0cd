BEGIN;

-- CreateTable
CREATE TABLE "deleted_models" (
    "name" TEXT NOT NULL,
    "last_version" INTEGER NOT NULL,
    "deleted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deleted_models_pkey" PRIMARY KEY ("name")
);

COMMIT;
