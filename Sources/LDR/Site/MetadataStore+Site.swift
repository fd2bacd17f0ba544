import RLSStorage

extension MetadataStore {
    /// A site's, where its configuration says. A file is opened or made; of a database nothing is asked yet.
    package convenience init(of site: SiteConfiguration) throws(StorageError) {
        if let database = site.metadata {
            try self.init(PostgreSQLMetadataTables(database), site: site.site)
        } else {
            try self.init(path: SitePlaces(site).metadata, site: site.site)
        }
    }

    /// Where it is, for people.
    package var place: String { tables.place }
}
