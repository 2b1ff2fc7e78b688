/** Sources that pods and PersistentVolumes share. */
interface NetworkVolume {
  readonly iscsi?: { iscsiInterface?: string };
  readonly rbd?: { pool?: string; user?: string; keyring?: string };
  readonly azureDisk?: { cachingMode?: string; kind?: string; fsType?: string; readOnly?: boolean };
  readonly scaleIO?: { storageMode?: string; fsType?: string };
}

/** Fills in what Kubernetes does in volumes that lie elsewhere. */
export function setNetworkVolumeDefaults({ iscsi, rbd, azureDisk, scaleIO }: NetworkVolume): void {
  if (iscsi) iscsi.iscsiInterface ||= "default";
  if (rbd) {
    rbd.pool ||= "rbd";
    rbd.user ||= "admin";
    rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}
