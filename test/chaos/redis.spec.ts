import { testRedis } from '../redis.js';
import { chaosSettings } from './chaos-settings.js';
import { describeChaos } from './describe-chaos.js';

await describeChaos({ queue: 'Redis', ...chaosSettings, redis: await testRedis() });
