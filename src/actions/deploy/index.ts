import { runAction } from '../boundary.ts';
import { definition } from './main.ts';

await runAction(definition);
