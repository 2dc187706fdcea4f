/** What a rootfs backend does for a container that is being made. One file a backend beside this. */

export interface RootfsRequest {
  /** The image's tree, never written. */
  readonly image: string;
  /** The container's directory while it is made. */
  readonly staging: string;
  /** Where that directory will be. */
  readonly final: string;
}

export interface NewRootfs {
  /** The value of lxc.rootfs.path once the container is in its final place. */
  readonly path: string;
  /** What the container sees, topmost directory first, where files are read while it is made. */
  readonly layers: readonly string[];
}

export interface RootfsBackend {
  readonly name: 'dir' | 'overlay';
  create(request: RootfsRequest): Promise<NewRootfs>;
}
