/// Something that a site needs, and how it is.
struct Finding: Sendable, CustomStringConvertible {
    let what: String
    /// nil where all is well.
    let problem: String?

    init(_ what: String, problem: String? = nil) {
        self.what = what
        self.problem = problem
    }

    /// - Parameter body: throws what is wrong
    static func of(_ what: String, _ body: () async throws -> Void) async -> Finding {
        do {
            try await body()
            return Finding(what)
        } catch {
            return Finding(what, problem: "\(error)")
        }
    }

    var description: String { problem.map { "WRONG  \(what): \($0)" } ?? "ok     \(what)" }
}
