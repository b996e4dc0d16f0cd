import { chaosSettings } from './chaos-settings.js';
import { describeChaos } from './describe-chaos.js';

describeChaos({ queue: 'PostgreSQL', ...chaosSettings });
