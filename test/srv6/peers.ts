/** Both ends that the bulk tests talk to: the kernel, and another gateway. */
import { gatewayPe, kernelEnd, kernelPe, Scene, type SceneOptions, sid, towardsPe } from './scene.ts';

export const peers = [
  { name: 'the kernel', options: { srv6: towardsPe([sid('mid1', 'e')]), kernel: { pe: kernelPe() } } },
  {
    name: 'another gateway',
    options: {
      srv6: towardsPe([sid('mid1', 'e')], sid('pe', '46'), sid('pe', '46')),
      gateways: { pe: gatewayPe },
    },
  },
] as const;

/** mid1 is a kernel node on the way there. */
export const openPeers = (
  options: Omit<SceneOptions, 'kernel'> & Partial<Pick<SceneOptions, 'kernel'>>,
): Promise<Scene> => Scene.open({ ...options, kernel: { ...options.kernel, mid1: [kernelEnd('mid1')] } });
