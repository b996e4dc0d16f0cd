import type { Gate } from '../../contracts/gate.js';
import type { GatePolicy } from '../../contracts/gate-policy.js';
import { importedType } from '../../contracts/imported-manifest.js';
import { championGateName } from '../../evaluation/champion-gate.js';
import { latencyGate } from '../../evaluation/latency-gate.js';
import { limitGates } from '../../evaluation/limit-gates.js';
import type { RequestLimits } from '../../http/request-limits.js';
import { exampleInputs } from '../../platform/onnx/example-inputs.js';
import type { ServingService } from '../serving/serving.service.js';
import type { Candidate } from './find-candidate.js';

interface ImportedCase {
  policy: GatePolicy;
  /** Whether it loads and runs its example. */
  example: Gate;
  limits: RequestLimits;
}

/** The gates of an imported model: it forecasts no series, so there is nothing that it could be compared with. */
export async function judgeImported(
  serving: ServingService,
  { served, metrics, figures }: Candidate,
  { policy, example, limits }: ImportedCase,
): Promise<Gate[]> {
  const notComparable = (name: Gate['name'], message: string): Gate => ({
    name,
    verdict: 'not_comparable',
    inputs: {},
    message,
  });
  const noForecast = 'it was imported: it takes records and forecasts no series';
  const facts = { metrics: { ...metrics, score: figures.score }, trainRows: null, size: served.model.size };
  const gates = [
    example,
    ...(policy.beats_naive ? [notComparable('beats_naive', noForecast)] : []),
    ...limitGates(facts, policy),
    ...(policy.champion.rule === 'off' ? [] : [notComparable(championGateName(policy.champion), noForecast)]),
  ];
  if (policy.max_latency_ms === null) return gates;
  if (example.verdict !== 'passed') return [...gates, notComparable('fast_enough', 'the model does not run')];
  return [...gates, await latency(serving, served, policy.max_latency_ms, limits)];
}

async function latency(
  serving: ServingService,
  { identifier, model_version: version }: Candidate['served'],
  limitMs: number,
  limits: RequestLimits,
): Promise<Gate> {
  return serving.use({ identifier, version }, limits, async ({ manifest, session }) => {
    if (manifest.model_type !== importedType || !manifest.example) {
      const message = 'it was imported without an example that could be run';
      return { name: 'fast_enough', verdict: 'failed', inputs: { limit_ms: limitMs }, message };
    }
    const inputs = exampleInputs(manifest.signature, manifest.example);
    return latencyGate(limitMs, () => session.run({ inputs, rows: 1, ...limits }));
  });
}
