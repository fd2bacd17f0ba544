import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

@Suite struct ExpressionPropertyTests {
    private typealias Node = ExpressionNode

    @Test func whatIsPrintedReadsAsTheSame() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3_000 {
            let expression = LDR.Expression(root: Self.node(depth: 5, &random))
            let again = try LDR.Expression(parsing: expression.description)
            #expect(again == expression, "\(expression)")
        }
    }

    @Test func garbageIsRefusedOrUnderstood() throws {
        let inputs = ProcessInfo.processInfo.environment["RLS_FUZZ_INPUTS"].flatMap { Int($0) } ?? 20_000
        var random = SeededGenerator(seed: 12)
        let file = FileRecord(lfn: "a", size: 1, attributes: ["a": .integer(1), "b": .text("x")])
        for _ in 0..<inputs {
            guard let expression = try? LDR.Expression(parsing: Self.garbage(&random)) else { continue }
            _ = expression.matches(file, publisher: "p")
            #expect(try LDR.Expression(parsing: expression.description) == expression)
        }
    }

    /// Mostly words of the language, so that some of it is right.
    private static func garbage(_ random: inout SeededGenerator) -> String {
        let words = [
            "a", "b", "lfn", "size", "not ", " and ", " or ", " in ", " like ", "(", ")", ",", "=", "!=", "<", "<=",
            "'",
            "\"", "`", "\\", "\\x4", "1", "-2", "3.5", "e9", "'x'", "\"%\"", "\u{0}", "é", "\u{1F600}", " ", "\n",
            "a = 1",
            "b like '_%'", "lfn in ('a', 'b')",
        ]
        let count = Int.random(in: 0...12, using: &random)
        return (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
    }

    private static func node(depth: Int, _ random: inout SeededGenerator) -> Node {
        let kind = depth == 0 ? 3 : Int.random(in: 0...5, using: &random)
        let nodes = { (random: inout SeededGenerator) in
            (0..<Int.random(in: 2...4, using: &random)).map { _ in node(depth: depth - 1, &random) }
        }
        switch kind {
        case 0: return .and(nodes(&random))
        case 1: return .or(nodes(&random))
        case 2: return .not(node(depth: depth - 1, &random))
        default: return comparison(&random)
        }
    }

    private static func comparison(_ random: inout SeededGenerator) -> Node {
        let fields: [ExpressionField] = [
            .lfn, .size, .collection, .publisher, .attribute("gpsStart"), .attribute("and"), .attribute("size"),
            .attribute("a b`\\\n"), .attribute("é"), .attribute("x:y-z.1"),
        ]
        let field = fields.randomElement(using: &random) ?? .lfn
        switch Int.random(in: 0...2, using: &random) {
        case 0:
            let comparison = ExpressionComparison.allCases.randomElement(using: &random) ?? .equal
            return .compare(field, comparison, literal(of: field, &random))
        case 1 where field.mayBeText:
            return .like(field, SQLPattern(ByteString(bytes(&random))))
        default:
            let count = Int.random(in: 1...5, using: &random)
            return .isIn(field, ExpressionList((0..<count).map { _ in literal(of: field, &random) }))
        }
    }

    private static func literal(of field: ExpressionField, _ random: inout SeededGenerator) -> ExpressionLiteral {
        guard field.mayBeNumber, !field.mayBeText || Bool.random(using: &random) else {
            return .text(ByteString(bytes(&random)))
        }
        switch Int.random(in: 0...2, using: &random) {
        case 0: return .number(.integer(Int64.random(in: .min ... .max, using: &random)))
        case 1: return .number(.integer(Int64.random(in: -3...3, using: &random)))
        default:
            let decimal = Double(bitPattern: random.next())
            return .number(.decimal(decimal.isFinite ? decimal : 0.1))
        }
    }

    private static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        let some = Array("ab'\"\\%_\n\t`é".utf8) + [0x01, 0x7f, 0xff, 0xc3]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in some.randomElement(using: &random) ?? 1 }
    }
}
