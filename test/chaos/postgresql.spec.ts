import { chaosSettings } from './chaos-settings.js';
import { describeChaos } from './describe-chaos.js';

await describeChaos({ queue: 'PostgreSQL', ...chaosSettings });
