import { lookAtAll } from './look.mjs';

lookAtAll('light');
