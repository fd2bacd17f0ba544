import ArgumentParser
import Foundation
import LDR
import RLSCore

/// Makes metadata of files that do not exist, for measurements: `ldr publish` would want the files.
@main
struct LDRLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ldr-load", abstract: "Writes metadata of made-up files, and the mappings that go with them.")

    @Option(help: "Files.") var files = 1_000_000
    @Option(help: "The site that publishes them.") var site: String
    @Option(help: "Its metadata database.") var database: String
    @Option(help: "The directory of its log.") var log: String
    @Option(help: "Where mappings are written, as rls-cli import reads them.") var mappings: String

    func run() throws {
        let store = try MetadataStore(path: database, site: site)
        _ = FileManager.default.createFile(atPath: mappings, contents: nil)
        guard let output = FileHandle(forWritingAtPath: mappings) else {
            throw ValidationError("\(mappings): cannot be written")
        }
        for start in stride(from: 0, to: files, by: 10_000) {
            let records = (start..<min(start + 10_000, files)).map(record)
            _ = try store.publish(records)
            let lines = records.map { "\($0.lfn)\tgsiftp://ftp.\(site).example.org:2811/data/frames/\($0.lfn)\n" }
            try output.write(contentsOf: Data(lines.joined().utf8))
        }
        try LogExporter(store, directory: log).export()
    }

    private func record(_ number: Int) -> FileRecord {
        let start = 1_126_256_640 + number * 4_096
        return FileRecord(
            lfn: ByteString("H-H1_HOFT_C02-\(start)-4096.gwf"), size: 400_000_000,
            checksums: Checksums(adler32: UInt32(truncatingIfNeeded: number), md5: [UInt8](repeating: 7, count: 16)),
            collection: "frames",
            attributes: [
                "site": .text("H"), "frameType": .text("H1_HOFT_C02"), "gpsStart": .integer(Int64(start)),
                "gpsEnd": .integer(Int64(start + 4_096)), "duration": .integer(4_096), "interferometer": .text("H1"),
            ])
    }
}
