/** A container on its way: what was asked for, and what the steps of making it share. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { writeStagedFile } from '../../config/atomic-write.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { SystemConfig } from '../../config/model.ts';
import type { Mapping } from '../../host/mapped.ts';
import type { OnImageEvent } from '../../image/progress.ts';
import type { ImageStore } from '../../image/store.ts';
import type { Ask } from '../../image/templates/template.ts';
import type { Backend, VolumeOptions } from '../../storage/backend.ts';
import type { CloudInit } from '../../storage/cloud-init.ts';
import type { Seed } from './new-config.ts';
import type { ContainerPaths } from '../paths.ts';
import type { Environment } from '../../environment.ts';

export interface CreateRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** download, oci, debian, busybox, local, none, or the absolute path of a template program. */
  readonly template: string;
  readonly templateArgs: readonly string[];
  /** -f: the seed configuration; default: lxc.default_config. */
  readonly configFile?: string | undefined;
  /** -B; undefined: what the setting tlxc.bdev says. */
  readonly backend?: string | undefined;
  /** What goes with -B. */
  readonly volume?: VolumeOptions;
  /** Without an id map: root in the container is root on the host. */
  readonly privileged: boolean;
  /** What a template program has made stays as the container when it fails. */
  readonly keepOnFailure?: boolean;
  readonly environment: Environment;
  /** What its cloud-init is told. */
  readonly cloudInit?: CloudInit | undefined;
  readonly ask?: Ask;
  readonly onEvent?: OnImageEvent;
  /** Whoever sits there sees what a template program writes: its failure does not say it once more. */
  readonly outputSeen?: boolean;
  /** For a template program: its standard streams; else it reads nothing and its lines are events. */
  readonly stdio?: readonly [number, number, number];
}

/** What is known of a container on its way. */
export interface Making {
  readonly request: CreateRequest;
  readonly paths: ContainerPaths;
  readonly staging: string;
  readonly seed: Seed;
  /** A plain user's: whose ids the files of the container have. null: root makes it. */
  readonly mapping: Mapping | null;
  readonly store: ImageStore;
  /** Ids are mapped: the container gets a range of its own, or its seed has one. */
  readonly idmapped: boolean;
  /** What will hold an image's tree, or what a program fills; null: the directory that the program fills, or none. */
  readonly backend: Backend | null;
  readonly onEvent: OnImageEvent;
}

/**
 * Writes the file and loads it as start will: a container that could never start is not made. The caller brings all of
 * staging to disk.
 */
export function writeConfig({ request, staging }: Making, text: string): void {
  const file = join(staging, 'config');
  writeStagedFile(file, text, 0o640);
  const { name, lxcpath, environment } = request;
  loadContainerConfig({ name, lxcpath, configFile: file, environment });
  chmodSync(staging, 0o770);
}
