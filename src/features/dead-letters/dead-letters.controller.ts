import { Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../contracts/caller.js';
import { DeadLetter, DeadLetterPage, DeadLetterPath, ListDeadLetters } from '../../contracts/dead-letter.js';
import { PipelineRun } from '../../contracts/pipeline-run.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { DeadLettersService } from './dead-letters.service.js';

const unknown = { 404: 'There is no such dead letter.' };

@ApiTags('Dead letters')
@Controller('dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @Endpoint('List steps that gave up, newest first', { schema: DeadLetterPage })
  list(@Query({ schema: ListDeadLetters }) query: ListDeadLetters): Promise<DeadLetterPage> {
    return this.letters.list(query);
  }

  @Get(':id')
  @Endpoint('A step that gave up: input, error, attempts', { schema: DeadLetter, problems: unknown })
  get(@Param({ schema: DeadLetterPath }) { id }: DeadLetterPath): Promise<DeadLetter> {
    return this.letters.get(id);
  }

  @Post(':id/replay')
  @Endpoint('Run it again, with all that its run left undone', {
    status: 202,
    schema: PipelineRun,
    problems: {
      ...unknown,
      409: 'It was replayed already, or its run goes on, or its run succeeded without it.',
    },
  })
  replay(@Param({ schema: DeadLetterPath }) { id }: DeadLetterPath, @By() by: Caller): Promise<PipelineRun> {
    return this.letters.replay(id, by);
  }

  @Delete(':id')
  @Endpoint('Discard it; its run stays as it is', { status: 204, problems: unknown })
  delete(@Param({ schema: DeadLetterPath }) { id }: DeadLetterPath, @By() by: Caller): Promise<void> {
    return this.letters.delete(id, by);
  }
}
