import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { PausedKinds, PauseWorkers, ResumeWorkers, WorkerList } from '../../contracts/worker.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { WorkersService } from './workers.service.js';

const problems = { 400: 'There is no such kind of step.' };

@ApiTags('Workers')
@Controller('workers')
export class WorkersController {
  constructor(private readonly workers: WorkersService) {}

  @Get()
  @Endpoint('Workers, what each of them is doing, and which kinds of step are paused', { schema: WorkerList })
  list(): Promise<WorkerList> {
    return this.workers.list();
  }

  @Post('pause')
  @Endpoint('Begin no more steps of these kinds; what is under way goes on', {
    schema: PausedKinds,
    problems,
  })
  pause(@Body({ schema: PauseWorkers }) body: PauseWorkers, @By() by: Caller): Promise<PausedKinds> {
    return this.workers.pause(body, by);
  }

  @Post('resume')
  @Endpoint('Begin steps of these kinds again', { schema: PausedKinds, problems })
  resume(@Body({ schema: ResumeWorkers }) body: PauseWorkers, @By() by: Caller): Promise<PausedKinds> {
    return this.workers.resume(body, by);
  }
}
