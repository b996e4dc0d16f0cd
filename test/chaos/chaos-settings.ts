/** `CHAOS_SEED=7 CHAOS_KILLS=50 npm run chaos`: the same seed makes the same choices. */
export const chaosSettings = {
  seed: Number(process.env.CHAOS_SEED ?? 1),
  kills: Number(process.env.CHAOS_KILLS ?? 200),
};
