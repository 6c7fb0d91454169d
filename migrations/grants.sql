-- What the service's role may do. Run by the owner of the tables after every upgrade (app/infra/migrations.py).
-- Does nothing where the cluster has no role ocop_app: then the service connects as the owner, and triggers alone guard history.
DO $$
DECLARE
  of_table text;
  rights text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ocop_app') THEN
    RETURN;
  END IF;
  -- two starts at once would otherwise update one catalogue row together, which PostgreSQL refuses
  PERFORM pg_advisory_xact_lock(hashtext('ocop-live grants'));
  FOR of_table IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user LOOP
    rights := CASE
      WHEN of_table IN ('alembic_version', 'order_code_keys') THEN 'SELECT'
      -- history: written once
      WHEN of_table IN ('ledger_entries', 'audit_entries', 'closing_statements', 'orders', 'order_lines', 'order_changes', 'signing_keys',
                        'place_imports', 'place_versions', 'livestream_rules', 'settlement_facts', 'settlement_lines')
        THEN 'SELECT, INSERT'
      -- lists that are set anew, sign-ins that end, and what is made again from the ledger
      WHEN of_table IN ('session_products', 'product_pictures', 'pictures', 'picture_files', 'sign_ins', 'room_outbox', 'staff_intentions',
                        'ledger_summaries', 'ledger_buyers', 'job_file_parts', 'shipping_rules', 'comments_to_read', 'role_grants', 'second_factors',
                        'parcel_orders', 'parcel_lines', 'programme_sessions', 'host_units', 'session_sums', 'session_day_sums',
                        'session_producer_sums', 'session_late_sums') THEN 'SELECT, INSERT, UPDATE, DELETE'
      ELSE 'SELECT, INSERT, UPDATE'
    END;
    EXECUTE format('REVOKE ALL ON %I FROM ocop_app', of_table);
    EXECUTE format('GRANT %s ON %I TO ocop_app', rights, of_table);
  END LOOP;
END $$;
