/**
 * One section of a 64-bit little-endian ELF file.
 * @throws Error when it has none of that name, or is no such file
 */
export function elfSection(elf: Buffer, wanted: string): Buffer {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf[5] !== 1) {
    throw new Error('this is not a 64-bit little-endian ELF file');
  }
  const tableOffset = Number(elf.readBigUInt64LE(0x28));
  const entrySize = elf.readUInt16LE(0x3a);
  const count = elf.readUInt16LE(0x3c);
  const header = (index: number) => {
    const at = tableOffset + index * entrySize;
    return {
      name: elf.readUInt32LE(at),
      offset: Number(elf.readBigUInt64LE(at + 0x18)),
      size: Number(elf.readBigUInt64LE(at + 0x20)),
    };
  };
  const names = header(elf.readUInt16LE(0x3e));
  for (let index = 0; index < count; index++) {
    const section = header(index);
    const at = names.offset + section.name;
    if (elf.toString('latin1', at, elf.indexOf(0, at)) === wanted) {
      return elf.subarray(section.offset, section.offset + section.size);
    }
  }
  throw new Error(`the file has no section ${wanted}; was it compiled with -g?`);
}
