import Foundation

/// Where catalogs, indexes and metadata of tests are kept. All tests run on each; those that are about one say so.
package enum CatalogBackend: String, Sendable {
    case sqlite
    case postgresql

    /// `RLS_TEST_BACKEND`, or SQLite.
    package static let current =
        ProcessInfo.processInfo.environment["RLS_TEST_BACKEND"].map { CatalogBackend(named: $0) } ?? .sqlite

    private init(named name: String) {
        guard let backend = CatalogBackend(rawValue: name) else { fatalError("RLS_TEST_BACKEND: no back end \(name)") }
        self = backend
    }
}
