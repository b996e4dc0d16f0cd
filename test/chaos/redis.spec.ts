import { testRedis } from '../redis.js';
import { chaosSettings } from './chaos-settings.js';
import { describeChaos } from './describe-chaos.js';

describeChaos({ queue: 'Redis', ...chaosSettings, redis: await testRedis() });
