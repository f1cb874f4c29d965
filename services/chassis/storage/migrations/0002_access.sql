-- An account's area may be a township (nine digits), and an enterprise's account is bound to it by a column of its own.
ALTER TABLE api_key DROP CONSTRAINT api_key_area_check;
ALTER TABLE api_key ADD CONSTRAINT api_key_area_check CHECK (area ~ '^[0-9]{6}([0-9]{3})?$');
ALTER TABLE api_key ADD COLUMN enterprise text CHECK (enterprise ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$');

-- Until now the unit of such an account held its 统一社会信用代码.
UPDATE api_key SET enterprise = unit, unit = NULL
 WHERE role IN ('enterprise_user', 'enterprise_principal') AND unit ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$';
