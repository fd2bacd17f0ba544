import Foundation
import RLSClient
import RLSCore
import RLSWire

/// Attribute definitions, values and searches.
enum AttributeCommands {
    static let rows: [CLICommandRow] = definitions + values + bulk

    private static let definitions: [CLICommandRow] = [
        CLICommandRow("attribute define", "ATTR OBJ-TYPE ATTR-TYPE", .exactly(3), "define an attribute") {
            session, words in
            let definition = AttributeDefinition(
                name: words[0], kind: try NameKind(word: words[1]), type: try AttributeType(word: words[2]))
            try await session.client.define(definition)
        },
        CLICommandRow("attribute undefine", "ATTR OBJ-TYPE", .exactly(2), "remove a definition; -c its values too") {
            session, words in
            try await session.client.undefine(
                words[0], of: try NameKind(word: words[1]), clearsValues: session.settings.clearsValues)
        },
        CLICommandRow("attribute show", "ATTR|- OBJ-TYPE", .exactly(2), "definitions") { session, words in
            for found in try await session.client.definitions(of: try NameKind(word: words[1]), oneOrAll(words[0])) {
                session.output.result(
                    found.name + ": " + ByteString(found.type.name),
                    [("attribute", .bytes(found.name)), ("type", .bytes(ByteString(found.type.name)))])
            }
        },
    ]

    private static let values: [CLICommandRow] = [
        CLICommandRow("attribute add", "OBJECT ATTR OBJ-TYPE ATTR-TYPE VALUE", .exactly(5), "give an object a value") {
            session, words in
            _ = try await session.client.connection.call(Methods.attributeAdd, try assignment(words))
        },
        CLICommandRow("attribute modify", "OBJECT ATTR OBJ-TYPE ATTR-TYPE VALUE", .exactly(5), "replace a value") {
            session, words in
            let arguments = ModifyAttributeArguments(
                key: words[0], kind: try NameKind(word: words[2]), name: words[1],
                type: try AttributeType(word: words[3]),
                value: words[4])
            _ = try await session.client.connection.call(Methods.attributeModify, arguments)
        },
        CLICommandRow("attribute delete", "OBJECT ATTR OBJ-TYPE", .exactly(3), "take a value away") { session, words in
            let arguments = ObjectAttributeArguments(key: words[0], name: words[1], kind: try NameKind(word: words[2]))
            _ = try await session.client.connection.call(Methods.attributeRemove, arguments)
        },
        CLICommandRow("attribute query", "OBJECT ATTR|- OBJ-TYPE", .exactly(3), "values of an object") {
            session, words in
            for item in try await session.client.values(of: try NameKind(word: words[2]), words[0], oneOrAll(words[1]))
            {
                session.output.attribute(item, prefix: item.name, keyLabel: "attribute")
            }
        },
        CLICommandRow(
            "attribute search", "ATTR OBJ-TYPE OPERATOR ATTR-TYPE VALUE [VALUE]", .groups(of: 1, after: 4),
            "objects by value; operators = != > >= < <= like between"
        ) { session, words in try await search(session, words) },
    ]

    private static let bulk: [CLICommandRow] = [
        CLICommandRow(
            "attribute bulk add", "(OBJECT ATTR OBJ-TYPE ATTR-TYPE VALUE)…", .groups(of: 5), "give many objects values"
        ) { session, words in
            let entries = try groups(words, of: 5).map(assignment)
            try report(
                session,
                try await session.client.connection.call(Methods.attributeAddBulk, BulkArguments(entries)).items)
        },
        CLICommandRow("attribute bulk delete", "(OBJECT ATTR OBJ-TYPE)…", .groups(of: 3), "take many values away") {
            session, words in
            let entries = try groups(words, of: 3).map {
                BulkAttributeRemoval(key: $0[0], kind: try NameKind(word: $0[2]), name: $0[1])
            }
            try report(
                session,
                try await session.client.connection.call(Methods.attributeRemoveBulk, BulkArguments(entries)).items)
        },
        CLICommandRow(
            "attribute bulk query", "ATTR|- OBJ-TYPE OBJECT [OBJECT…]", .groups(of: 1, after: 2),
            "values of many objects"
        ) { session, words in try await bulkQuery(session, words) },
    ]

    private static func oneOrAll(_ word: ByteString) -> ByteString? { word == "-" ? nil : word }

    private static func groups(_ words: [ByteString], of size: Int) -> [[ByteString]] {
        stride(from: 0, to: words.count, by: size).map { Array(words[$0..<$0 + size]) }
    }

    private static func assignment(_ words: [ByteString]) throws -> AttributeAssignment {
        AttributeAssignment(
            key: words[0], kind: try NameKind(word: words[2]), name: words[1], type: try AttributeType(word: words[3]),
            value: words[4])
    }

    private static func search(_ session: CLISession, _ words: [ByteString]) async throws {
        let comparison = try AttributeOperator(word: words[2])
        let operands = Array(words.dropFirst(4))
        guard operands.count == comparison.operandCount else {
            throw UsageError(description: "operator \(words[2]) takes \(comparison.operandCount) value(s)")
        }
        // The server compares with the type of the definition; a wrong word here is the user's mistake all the same.
        _ = try AttributeType(word: words[3])
        let settings = session.settings
        let patterns = comparison == .like ? operands.map { settings.wildcards.pattern($0).source } : operands
        let found = try await session.client.search(
            words[0], of: try NameKind(word: words[1]), comparison, patterns, limit: settings.resultLimit)
        for item in found { session.output.attribute(item, prefix: item.name + ": " + words[0], keyLabel: "object") }
    }

    private static func bulkQuery(_ session: CLISession, _ words: [ByteString]) async throws {
        let arguments = BulkValuesArguments(
            name: oneOrAll(words[0]), kind: try NameKind(word: words[1]), keys: Array(words.dropFirst(2)))
        for item in try await session.client.connection.call(Methods.attributeValueGetBulk, arguments).items {
            switch item.result {
            case .success(let value):
                session.output.attribute(
                    value, prefix: item.key + ": " + value.name, keyLabel: "attribute", object: item.key)
            case .failure(let error):
                session.output.failure(item.key, error.code, [("object", .bytes(item.key))])
            }
        }
    }

    private static func report(_ session: CLISession, _ failures: [BulkFailure]) throws {
        for failure in failures {
            session.output.failure(
                failure.first + ": " + failure.second, failure.code,
                [("object", .bytes(failure.first)), ("attribute", .bytes(failure.second))])
        }
        if !failures.isEmpty { throw PartialFailure() }
    }
}

extension AttributeType {
    init(word: ByteString) throws(UsageError) {
        guard let type = AttributeType(name: word.description) else {
            throw UsageError(description: "attribute type is date, float, int or string, not `\(word)`")
        }
        self = type
    }
}

extension AttributeOperator {
    init(word: ByteString) throws(UsageError) {
        let words: [ByteString: AttributeOperator] = [
            "all": .all, "=": .equal, "!=": .notEqual, ">": .greater, ">=": .greaterOrEqual, "<": .less,
            "<=": .lessOrEqual, "between": .between, "like": .like,
        ]
        guard let found = words[word] else {
            throw UsageError(description: "operator is one of = != > >= < <= between like, not `\(word)`")
        }
        self = found
    }
}

extension Output {
    /// `  size: int: 42`: dates without separators and floats with six places, as the original prints them.
    func attribute(_ item: AttributeValueItem, prefix: ByteString, keyLabel: String, object: ByteString? = nil) {
        let value = AttributeValue(item.value, as: item.type)
        let shown: ByteString =
            switch value {
            case .date(let date): ByteString(date.compact)
            case .float(let number): ByteString(String(format: "%f", number))
            default: item.value
            }
        let owner = object.map { [("object", JSONField.bytes($0))] } ?? []
        result(
            prefix + ": " + ByteString(item.type.name) + ": " + shown,
            owner + [
                (keyLabel, .bytes(item.name)), ("type", .bytes(ByteString(item.type.name))),
                ("value", value?.json ?? .bytes(item.value)),
            ])
    }
}
