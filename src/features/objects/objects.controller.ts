import { Controller, Get, Head, Param, Put, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../contracts/caller.js';
import { StoredObject } from '../../contracts/stored-object.js';
import { By } from '../../http/caller.js';
import { Endpoint } from '../../http/endpoint.js';
import { ObjectKey } from './object-key.js';
import { ObjectsService } from './objects.service.js';

const binary = { schema: { type: 'string', format: 'binary' } } as const;
const notThere = { 404: 'There is no such bucket or object.' };

@ApiTags('Objects')
@ApiParam({ name: 'bucket', type: String, example: 'dataset' })
@ApiParam({
  name: 'key',
  type: String,
  description: 'The key; it may hold slashes.',
  example: 'seattle-weather.csv',
})
@Controller('objects/:bucket')
export class ObjectsController {
  constructor(private readonly objects: ObjectsService) {}

  @Put('*')
  @RouteConfig({ raw: true })
  @ApiConsumes('application/octet-stream', 'text/csv')
  @ApiBody(binary)
  @ApiOkResponse({ description: 'It replaced one.', standardSchema: StoredObject })
  @Endpoint('Store an object', {
    status: 201,
    schema: StoredObject,
    problems: {
      400: 'A bucket or key that cannot be stored.',
      403: 'A bucket that only Trainyard writes.',
      404: 'There is no such bucket.',
    },
  })
  put(
    @Param('bucket') bucket: string,
    @ObjectKey() key: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @By() by: Caller,
  ): Promise<StoredObject> {
    return this.objects.put(bucket, key, request, reply, by);
  }

  // Above GET: the HEAD that Fastify adds for a GET would answer with a length of 0.
  @Head('*')
  @Endpoint('What is known of an object', { problems: notThere })
  head(@Param('bucket') bucket: string, @ObjectKey() key: string, @Res() reply: FastifyReply): Promise<void> {
    return this.objects.head(bucket, key, reply);
  }

  @Get('*')
  @ApiProduces('application/octet-stream')
  @Endpoint('Read an object', { problems: notThere })
  get(
    @Param('bucket') bucket: string,
    @ObjectKey() key: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return this.objects.get(bucket, key, reply);
  }
}
