import Foundation
import RLSCore
import RLSSecurity
import RLSWire
import Testing

@testable import RLSServer

@Suite struct MethodTableTests {
    @Test func namesAreUniqueAndFound() {
        let names = MethodTable.rows.map(\.name)
        #expect(Set(names).count == names.count)
        let index = MethodNames(names)
        for (number, name) in names.enumerated() {
            let bytes = name.bytes
            #expect(index.index(of: bytes.span) == number)
        }
        let other = Array("lrc_creat".utf8)
        #expect(index.index(of: other.span) == nil)
    }

    /// Every method of a catalog needs a right; changes need one that reading does not give.
    @Test func rights() {
        for row in MethodTable.rows where row.role == .catalog {
            #expect(!row.rights.isEmpty, "\(row.name)")
            if row.discipline == .write { #expect(!Rights.lrcRead.isSuperset(of: row.rights), "\(row.name)") }
        }
        let open = MethodTable.rows.filter { $0.role == .any && $0.rights.isEmpty }.map(\.name)
        // `admin` looks at its command before it asks for the right.
        #expect(Set(open) == ["close", "admin", "rls_capabilities"])
    }

    /// docs/protocol.md has a row for each method, and no other.
    @Test func documentation() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../docs/protocol.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let rows = text.split(separator: "\n").compactMap {
            $0.firstMatch(of: /^\| `([a-z_]+)` \|/).map { String($0.1) }
        }
        #expect(Set(rows) == Set(MethodTable.rows.map(\.name.description)))
        #expect(Set(rows).count == rows.count)
    }
}
