import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ServerLive, ServerMetadata, ServerReady } from '../../contracts/inference.js';
import { InferenceEndpoint } from './inference-endpoint.js';
import { InferenceService } from './inference.service.js';

@ApiTags('Inference protocol')
@Controller('v2')
export class InferenceServerController {
  constructor(private readonly inference: InferenceService) {}

  @Get()
  @InferenceEndpoint('Name and version of this server, and what of the protocol it has besides its core', {
    schema: ServerMetadata,
  })
  server(): ServerMetadata {
    return this.inference.server();
  }

  @Get('health/live')
  @InferenceEndpoint('Is this process alive?', { schema: ServerLive })
  live(): ServerLive {
    return { live: true };
  }

  @Get('health/ready')
  @InferenceEndpoint('Can it answer?', {
    schema: ServerReady,
    problems: { 503: 'Something that it stands on does not answer, or a loaded model hangs.' },
  })
  ready(): Promise<ServerReady> {
    return this.inference.ready();
  }
}
